{#
    A subscription is our sub account, a resource the account of deployments; the bill knows no deployment. What is
    counted stands only in the meter's name, in many spellings ("gpt 4o mini0718 BatchOutp DataZone Tokens", "5.4 longco
    batch cd inp Dz 1M Tokens"). It is read word by word; what cannot be told stays null, and the name is the SKU's meter.
#}
{% set written = ['wr', 'wrt', 'write', 'writes'] %}
{% set cached = ['cached', 'cchd', 'cd', 'chd', 'cache'] %}
{% set inputs = ['inp', 'inpt', 'input', 'in'] %}
{% set outputs = ['outp', 'outpt', 'opt', 'out', 'output'] %}
{% set scopes = {
    'global': ['glbl', 'global', 'gl'], 'data_zone': ['dz', 'dzone', 'datazone', 'dtzn'],
    'regional': ['regnl', 'rgnl', 'regional'],
} %}
{% set tiers = {
    'provisioned': ['ptu', 'ptus', 'provisioned'], 'batch': ['batch'], 'flex': ['flex', 'fl'],
    'priority': ['priority', 'pp'],
} %}
{% set contexts = {'short': ['shortco', 'shco', 'shortcontext'], 'long': ['longco', 'loco', 'longcontext']} %}
{% set images = ['img', 'image', 'images'] %}
{% set audio = ['aud', 'audio', 'audi'] %}
{% set fine_tuning = ['ft', 'finetuned', 'hosting', 'hstng', 'training', 'trng'] %}
{% set rest = ['token', 'tokens', '1k', '10k', '100k', '1m', '10m', '100m', 'text', 'txt', 'managed', 'unit', 'units',
    'hourly', 'hour', 'hours', 'az', 'azure', 'openai'] %}
{% set known = written + cached + inputs + outputs + images + audio + fine_tuning + rest %}
{% for words in [scopes, tiers, contexts] %}
    {% for alternatives in words.values() %}
        {% do known.extend(alternatives) %}
    {% endfor %}
{% endfor %}
{% set is = apportion.has_word %}

with

{#  "BatchOutp" is two words, "data zone" is one. #}
spelled as (

    select
        stg.*,
        cast(stg.quantity * {{ apportion.unit_block('stg.unit_of_measure') }} as {{ apportion.money() }}) as units,
        {{ apportion.azure_tags('stg.tags') }} as tag_object,
        {{ apportion.meter_words("replace(replace(lower(stg.meter_name), 'data zone', 'datazone'), 'batch', ' batch ')") }}
            as words,
        {{ apportion.regex_found('stg.unit_of_measure', 'hour') }} as is_by_hour,
        {{ apportion.regex_found("coalesce(stg.publisher_type, '')", 'marketplace') }} as is_partner
    from {{ ref('stg_azure_openai__cost_details') }} as stg

),

read_apart as (

    select
        spelled.*,
        case
            {#  An hour of throughput or hosting is no token, whatever else the meter says. #}
            when {{ is('words', tiers['provisioned']) }} then 'tokens'
            when {{ is('words', ['hosting', 'hstng']) }} then 'hosting_hours'
            when is_by_hour then null
            when {{ is('words', ['training', 'trng']) }} then 'training'
            when {{ is('words', cached) }} and {{ is('words', written) }} then 'cache_write'
            when {{ is('words', audio) }} and {{ is('words', cached) }} then 'cache_read_audio'
            when {{ is('words', audio) }} and {{ is('words', inputs) }} then 'input_audio'
            when {{ is('words', audio) }} and {{ is('words', outputs) }} then 'output_audio'
            when {{ is('words', images) }} and {{ is('words', cached) }} then 'cache_read_image'
            when {{ is('words', images) }} and {{ is('words', inputs) }} then 'input_image'
            when {{ is('words', images) }} and {{ is('words', outputs) }} then 'output_image'
            when {{ is('words', cached) }} then 'cache_read'
            when {{ is('words', inputs) }} then 'input_uncached'
            when {{ is('words', outputs) }} then 'output'
            when {{ is('words', ['embedding', 'embeddings', 'embed']) }} then 'input_uncached'
        end as token_class,
        case
            {%- for tier, alternatives in tiers.items() %}
            when {{ is('words', alternatives) }} then '{{ tier }}'
            {%- endfor %}
            else 'standard'
        end as tier,
        case
            {%- for scope, alternatives in scopes.items() %}
            when {{ is('words', alternatives) }} then '{{ scope }}'
            {%- endfor %}
        end as region_scope,
        case
            {%- for context, alternatives in contexts.items() %}
            when {{ is('words', alternatives) }} then '{{ context }}'
            {%- endfor %}
        end as context_tier,
        case
            {#  A partner's model is a marketplace resource named after it: <model>-<GUID>. #}
            when is_partner
                then {{ apportion.regex_replaced('resource_name', '-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', '') }}
            else {{ apportion.without_words('words', known) }}
        end as model

    from spelled

),

named as (

    select
        read_apart.*,
        {#  "Standard S0 Transactions" has no model; a class, or tokens of a class that we do not know, has. #}
        coalesce(
            token_class is not null or is_partner or {{ is('words', ['token', 'tokens']) }}, false
        ) as is_model
    from read_apart

),

charges as (

    select
        charge_date,
        'billed' as cost_basis,
        'azure_openai' as x_source,
        {{ dbt.concat(["'azure_openai:'", 'line_id']) }} as x_charge_id,
        cost_in_billing_currency as billed_cost,
        coalesce(payg_cost_in_billing_currency, cost_in_billing_currency) as list_cost,
        billing_account_id,
        coalesce(billing_account_name, billing_account_id) as billing_account_name,
        'Billing Account' as billing_account_type,
        billing_currency,
        {{ apportion.azure_charge_category('charge_type') }} as charge_category,
        case when charge_type = 'Refund' then 'Correction' end as charge_class,
        coalesce(product_name, meter_name) as charge_description,
        {{ apportion.azure_charge_frequency('frequency') }} as charge_frequency,
        units as consumed_quantity,
        case
            when units is null then null
            when is_by_hour then 'Hours'
            {#  Units of throughput that were bought. #}
            when token_class in ('tokens', 'hosting_hours') then 'Units'
            when token_class is not null or {{ is('words', ['token', 'tokens']) }} then 'Tokens'
            else 'Units'
        end as consumed_unit,
        cast(coalesce(
            billing_period_start_date, {{ apportion.period_start('month', 'charge_date') }}
        ) as {{ dbt.type_timestamp() }}) as billing_period_start,
        {#  Azure's last day is the period's. #}
        cast(coalesce(
            {{ apportion.days_after('billing_period_end_date', 1) }},
            cast({{ dbt.dateadd('month', 1, apportion.period_start('month', 'charge_date')) }} as date)
        ) as {{ dbt.type_timestamp() }}) as billing_period_end,
        {#  A reservation is paid once, for all days of its service period. #}
        cast(case
            when charge_type in ('Purchase', 'Refund') and service_period_end_date > charge_date
                then {{ apportion.days_after('service_period_end_date', 1) }}
            else {{ apportion.days_after('charge_date', 1) }}
        end as {{ dbt.type_timestamp() }}) as charge_period_end,
        invoice_id,
        'Microsoft' as service_provider_name,
        'Microsoft' as host_provider_name,
        coalesce(publisher_name, 'Microsoft') as publisher_name,
        coalesce(meter_category, 'Azure OpenAI') as service_name,
        meter_id as sku_id,
        meter_name as sku_meter,
        subscription_id as sub_account_id,
        subscription_name as sub_account_name,
        lower(resource_location) as region_id,
        lower(resource_location) as region_name,
        resource_id,
        coalesce(resource_name, {{ apportion.last_part('resource_id') }}) as resource_name,
        case when resource_id like '%/microsoft.cognitiveservices/accounts/%' then 'Azure AI account' end as resource_type,
        tag_object as tags,
        case
            when charge_type in ('Tax', 'Credit') then null
            when lower(pricing_model) in ('reservation', 'savingsplan') then 'Committed'
            when lower(pricing_model) = 'spot' then 'Dynamic'
            else 'Standard'
        end as pricing_category,
        case when is_model then model end as x_model,
        case when is_model then tier end as x_service_tier,
        context_tier as x_context_tier,
        region_scope as x_region_scope,
        token_class as x_token_class,
        cast(null as {{ dbt.type_string() }}) as x_api_key_id,
        cast(null as {{ dbt.type_string() }}) as x_api_key_name,
        cast(null as {{ dbt.type_string() }}) as x_principal

    from named

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Subscription', also=[
        'list_cost', 'charge_class', 'charge_frequency', 'billing_period_start', 'billing_period_end',
        'charge_period_end', 'invoice_id', 'host_provider_name', 'publisher_name', 'sku_meter', 'region_id', 'region_name',
        'resource_id', 'resource_name', 'resource_type', 'tags', 'pricing_category',
    ]) }}

)

select
    {%- for column in apportion.charge_columns() %}
    {{ apportion.unless_tax(column) }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
