{# Documents that could not be read: their calls count nowhere, and the load went on without them. #}
{{ config(severity='warn', enabled='otel' in var('providers')) }}
select source_file, source_row, reason
from {{ ref('stg_otel__quarantine') }}
