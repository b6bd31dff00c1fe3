{#
    One row per token class, classes disjoint: OpenAI's input holds cached and written tokens, and text and audio
    together; here each token stands in one class. Its audio and image input are what was not cached. `requests` is a
    class of its own, so a call counts once.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['requests', 'num_model_requests'],
    ['input_uncached', 'input_uncached_tokens - coalesce(input_audio_tokens, 0) - coalesce(input_image_tokens, 0)'],
    ['input_audio', 'input_audio_tokens'],
    ['input_image', 'input_image_tokens'],
    ['cache_read', 'input_cached_tokens - coalesce(input_cached_audio_tokens, 0) - coalesce(input_cached_image_tokens, 0)'],
    ['cache_read_audio', 'input_cached_audio_tokens'],
    ['cache_read_image', 'input_cached_image_tokens'],
    ['cache_write', 'input_cache_write_tokens'],
    ['output', 'output_tokens - coalesce(output_audio_tokens, 0) - coalesce(output_image_tokens, 0)'],
    ['output_audio', 'output_audio_tokens'],
    ['output_image', 'output_image_tokens'],
    ['images', 'images'],
    ['characters', 'characters'],
    ['audio_seconds', 'seconds'],
    ['vector_store_bytes', 'usage_bytes'],
    ['code_sessions', 'num_sessions'],
    ['file_searches', "case when report = 'file_search_calls' then num_requests end"],
    ['web_searches', "case when report = 'web_search_calls' then num_requests end"],
] %}

with

reported as (

    select
        stg.charge_date,
        stg.report,
        stg.project_id,
        stg.user_id,
        stg.api_key_id,
        stg.model,
        {#  "unlabeled" is all that is not published, not what came directly. #}
        case when stg.api_source <> 'unlabeled' then stg.api_source end as api_source,
        {#  Scale Tier is prepaid: its tokens are counted here, on a tier that no bill line has. #}
        case
            when stg.model is null then null
            when stg.batch then 'batch'
            when stg.service_tier in ('default', 'auto') or stg.service_tier is null then 'standard'
            else stg.service_tier
        end as service_tier,
        stg.num_model_requests,
        {#  Reports that know no cache tell only input. #}
        coalesce(stg.input_uncached_tokens, stg.input_tokens) as input_uncached_tokens,
        stg.input_cached_tokens,
        stg.input_cache_write_tokens,
        stg.output_tokens,
        stg.input_audio_tokens,
        stg.input_cached_audio_tokens,
        stg.output_audio_tokens,
        stg.input_image_tokens,
        stg.input_cached_image_tokens,
        stg.output_image_tokens,
        stg.images,
        stg.characters,
        stg.seconds,
        stg.usage_bytes,
        stg.num_sessions,
        stg.num_requests

    from {{ ref('stg_openai__usage') }} as stg

),

summed as (

    {{ apportion.usage_by_class(
        'reported', ['charge_date', 'project_id', 'user_id', 'api_key_id', 'model', 'api_source', 'service_tier'], classes
    ) }}

),

projects as (

    select * from {{ ref('stg_openai__projects') }}

),

api_keys as (

    select * from {{ ref('stg_openai__api_keys') }}

),

users as (

    select * from {{ ref('stg_openai__users') }}

),

final as (

    select
        summed.charge_date,
        'openai' as x_source,
        'OpenAI' as service_provider_name,
        'openai' as billing_account_id,
        'OpenAI organization' as billing_account_name,
        summed.project_id as sub_account_id,
        projects.name as sub_account_name,
        'OpenAI API' as service_name,
        'Usage' as charge_category,
        summed.model as x_model,
        summed.service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        summed.token_class as x_token_class,
        summed.api_key_id as x_api_key_id,
        api_keys.name as x_api_key_name,
        {#  The member of the organization, never the end user. #}
        coalesce(users.email, summed.user_id) as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        case
            when summed.api_source is not null
                then {{ apportion.json_object([['api_source', 'summed.api_source']]) }}
        end as x_call_labels,
        case
            when summed.api_key_id is not null then 'key'
            when summed.project_id is not null then 'project'
            else 'account'
        end as x_attribution_level,
        summed.quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost

    from summed

    left join projects
        on summed.project_id = projects.id

    left join api_keys
        on summed.api_key_id = api_keys.id

    left join users
        on summed.user_id = users.id

)

select * from final
