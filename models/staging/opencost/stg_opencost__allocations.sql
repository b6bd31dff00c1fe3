{#
    What ran on the nodes. Where the API told of a cluster's day, files of that day are not counted again; the built-in
    CSV knows neither cluster nor node, so its rows are here and divide nothing.
#}
{% set texts = ['name', 'cluster', 'node', 'namespace', 'controller_kind', 'controller', 'provider_id', 'labels',
    'started_at', 'ended_at'] %}
{% set numbers = ['minutes', 'gpu_usage_average', 'cpu_cost', 'cpu_cost_adjustment', 'gpu_cost', 'gpu_cost_adjustment',
    'ram_cost', 'ram_cost_adjustment', 'total_cost'] %}
{% set columns = [] %}
{% for column in texts + numbers %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

api as (

    {{ apportion.raw_columns(
        source('raw_opencost', 'allocations'),
        [['line_id', 'text'], ['charge_date', 'date'], ['is_gpu_shared', 'boolean']] + columns
    ) }}

),

exports as (

    {{ apportion.raw_columns(
        source('raw_opencost', 'allocation_exports'),
        [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['is_gpu_shared', 'text']] + columns
    ) }}

),

told_by_api as (

    select distinct
        charge_date,
        coalesce(cluster, '') as cluster
    from api

),

every_row as (

    select
        line_id as allocation_id,
        charge_date,
        is_gpu_shared,
        {{ (texts + numbers) | join(',
        ') }}
    from api

    union all

    select
        exports.source_file || ' ' || cast(exports.source_row as {{ dbt.type_string() }}) as allocation_id,
        exports.charge_date,
        lower(exports.is_gpu_shared) in ('true', '1', '1.0') as is_gpu_shared,
        {%- for column in texts + numbers %}
        exports.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from exports
    left join told_by_api
        on exports.charge_date = told_by_api.charge_date
        and coalesce(exports.cluster, '') = told_by_api.cluster
    where told_by_api.charge_date is null

),

typed as (

    select
        allocation_id,
        charge_date,
        name,
        coalesce(cluster, '') as cluster,
        nullif(node, '') as node,
        nullif(namespace, '') as namespace,
        nullif(controller_kind, '') as controller_kind,
        nullif(controller, '') as controller,
        nullif(provider_id, '') as provider_id,
        labels,
        {{ apportion.timestamp_of_text('started_at') }} as started_at,
        {{ apportion.timestamp_of_text('ended_at') }} as ended_at,
        coalesce({{ apportion.regex_found('name', '(^|/)__idle__(/|$)') }}, false)
        or coalesce(namespace = '__idle__', false) as is_idle,
        coalesce(is_gpu_shared, false) as is_gpu_shared,
        {%- for column in numbers %}
        cast({{ column }} as {{ apportion.money() }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from every_row

),

final as (

    select
        allocation_id,
        charge_date,
        name,
        cluster,
        node,
        namespace,
        controller_kind,
        controller,
        provider_id,
        labels,
        started_at,
        ended_at,
        minutes,
        is_idle,
        is_gpu_shared,
        gpu_usage_average,
        'estimated' as cost_basis,
        {#  Reconciled costs have their adjustment apart. Volumes, networks and load balancers are other bill lines. #}
        coalesce(cpu_cost, 0) + coalesce(cpu_cost_adjustment, 0) as cpu_cost,
        coalesce(gpu_cost, 0) + coalesce(gpu_cost_adjustment, 0) as gpu_cost,
        coalesce(ram_cost, 0) + coalesce(ram_cost_adjustment, 0) as ram_cost,
        total_cost
    from typed

)

select * from final
