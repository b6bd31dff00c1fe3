{#
    OpenRouter bills a call as a whole: the model is known, the token class is not. With an own key of the provider the
    line is OpenRouter's fee; the inference is on that provider's bill and stands in int_openrouter__usage only.
    A workspace is our sub account. Lines of 0 (free models, fees within the allowance) bill nothing and are left out.
#}
with

billed as (

    select
        stg.*,
        cast(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) as {{ apportion.money() }}) as tokens
    from {{ ref('stg_openrouter__activity') }} as stg
    where amount <> 0

),

workspaces as (

    select * from {{ ref('stg_openrouter__workspaces') }}

),

api_keys as (

    select * from {{ ref('stg_openrouter__api_keys') }}

),

charges as (

    select
        billed.charge_date,
        'billed' as cost_basis,
        'openrouter' as x_source,
        {{ dbt.concat(["'openrouter:'", 'billed.line_id']) }} as x_charge_id,
        billed.amount as billed_cost,
        'openrouter' as billing_account_id,
        'OpenRouter account' as billing_account_name,
        'Account' as billing_account_type,
        billed.currency as billing_currency,
        'Usage' as charge_category,
        case
            when billed.is_byok then {{ dbt.concat(['billed.model', "', fee for an own key of '", "coalesce(billed.provider_name, 'a provider')"]) }}
            else {{ dbt.concat(['billed.model', "' by '", "coalesce(billed.provider_name, 'an unnamed provider')"]) }}
        end as charge_description,
        case when not billed.is_byok then billed.tokens end as consumed_quantity,
        case when not billed.is_byok then 'Tokens' end as consumed_unit,
        'OpenRouter' as service_provider_name,
        'OpenRouter API' as service_name,
        billed.model_permaslug as sku_id,
        case when billed.is_byok then 'byok_fee' else 'tokens' end as sku_meter,
        billed.workspace_id as sub_account_id,
        workspaces.name as sub_account_name,
        billed.model as x_model,
        'standard' as x_service_tier,
        cast(null as {{ dbt.type_string() }}) as x_context_tier,
        cast(null as {{ dbt.type_string() }}) as x_region_scope,
        case when billed.is_byok then 'byok_fee' else 'tokens' end as x_token_class,
        billed.api_key_hash as x_api_key_id,
        api_keys.name as x_api_key_name,
        cast(null as {{ dbt.type_string() }}) as x_principal

    from billed

    left join workspaces
        on billed.workspace_id = workspaces.id

    left join api_keys
        on billed.api_key_hash = api_keys.id

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Workspace') }}

)

select * from final
