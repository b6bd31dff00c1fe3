{#
    A day of the bill comes whole: unloaded again into another folder it would count twice. Names both; keep one.
#}
{{ config(enabled='snowflake_usage' in var('providers')) }}
{%- set folder = apportion.without_match('source_file', '[^/]*$') -%}
select
    organization_name,
    account_locator,
    charge_date,
    min({{ folder }}) as folder,
    max({{ folder }}) as other_folder
from {{ ref('stg_snowflake_usage__usage_in_currency') }}
group by
    organization_name,
    account_locator,
    charge_date
having min({{ folder }}) <> max({{ folder }})
