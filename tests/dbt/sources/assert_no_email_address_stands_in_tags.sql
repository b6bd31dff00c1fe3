{# Personal data that nobody asked for. #}
{{ config(enabled=not var('emails_in_tags')) }}
select
    x_source,
    x_charge_id,
    tags
from {{ ref('fct_charges') }}
where tags like '%@%'
    and {{ apportion.regex_found('tags', apportion.email_pattern()) }}
