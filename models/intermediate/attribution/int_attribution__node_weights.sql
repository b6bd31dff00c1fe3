{#
    What every source of node allocations tells, one below the other, with the names by which machines meet their bill.

    Two sources may tell of one machine: OpenCost and OpenShift's own reports of the same cluster. Its day is weighed by the
    source that stands first in vars.node_sources; what the others tell of it stays here, marked, and divides nothing.
    Machines are compared, not clusters, since no two sources need name a cluster alike.
#}
with

every_weight as (

    {{ apportion.union_node_sources('int', 'allocations', apportion.allocation_columns()) }}

),

ranks as (
    {% for source in apportion.node_sources() %}
    select
        {{ apportion.text_literal(source) }} as telemetry_source,
        {{ loop.index }} as source_rank
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{#  The key is made once per id, not once per row. #}
provider_keys as (

    select
        provider_id,
        {{ apportion.node_key('provider_id') }} as node_key
    from (select distinct provider_id from every_weight where provider_id is not null) as ids

),

keyed as (

    select
        every_weight.*,
        provider_keys.node_key,
        ranks.source_rank
    from every_weight
    inner join ranks
        on every_weight.telemetry_source = ranks.telemetry_source
    left join provider_keys
        on every_weight.provider_id = provider_keys.provider_id

),

first_told as (

    select
        charge_date,
        node_key,
        min(source_rank) as source_rank
    from keyed
    where node_key is not null
    group by
        charge_date,
        node_key

),

final as (

    select
        keyed.telemetry_source,
        keyed.asset,
        keyed.charge_date,
        keyed.cluster,
        keyed.node,
        keyed.provider_id,
        keyed.node_key,
        {{ apportion.node_set_key('keyed.node_key') }} as node_set_key,
        keyed.kind,
        keyed.idle_basis,
        keyed.namespace,
        keyed.controller_kind,
        keyed.controller,
        keyed.labels,
        keyed.started_at,
        keyed.ended_at,
        keyed.node_cost,
        coalesce(keyed.source_rank > first_told.source_rank, false) as is_told_before

    from keyed

    left join first_told
        on keyed.charge_date = first_told.charge_date
        and keyed.node_key = first_told.node_key

)

select * from final
