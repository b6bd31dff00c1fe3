{# Lines of a log that are no records: their calls count nowhere, and the load went on without them. #}
{{ config(severity='warn', enabled='bedrock' in var('providers')) }}
select source_file, source_row, reason
from {{ ref('stg_bedrock__quarantine') }}
