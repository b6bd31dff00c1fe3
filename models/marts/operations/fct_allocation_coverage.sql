{#
    How much of the money each tag reaches, and how. Credits count by their absolute value, or they would hide what
    they offset. Costs are summed by what decides a status first: there are far fewer of these than allocated rows.
#}
{% set tags = apportion.standard_tags() | reject('equalto', 'shared_pool') | list %}
{% set own = ['environment', 'customer'] %}

with

{#  What says why a pool is left alone; the latest row where two overlap, so that no note can double money. #}
notes as (

    select
        days.date_day as charge_date,
        {{ apportion.normalised('pools.pool') }} as pool,
        max({{ apportion.trimmed('pools.note') }}) as note

    from {{ ref('shared_cost_pools') }} as pools

    inner join {{ ref('dim_dates') }} as days
        on (pools.valid_from <= days.date_day or pools.valid_from is null)
        and (pools.valid_to > days.date_day or pools.valid_to is null)

    where pools.method = 'ignored_by_decision'

    group by
        days.date_day,
        {{ apportion.normalised('pools.pool') }}

),

costs as (

    select
        charge_date,
        provider_name,
        charge_category,
        pool,
        allocation_method,
        {%- for tag in tags %}
        case when {{ tag }} in ('Unallocated', 'Prepaid', 'ignored_by_decision') then {{ tag }} else 'owned' end
            as {{ tag }}_owner,
        {%- endfor %}
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost,
        cast(sum(abs(effective_cost)) as {{ apportion.money() }}) as absolute_effective_cost

    from {{ ref('fct_allocated_costs') }}

    group by
        charge_date,
        provider_name,
        charge_category,
        pool,
        allocation_method
        {%- for tag in tags %},
        case when {{ tag }} in ('Unallocated', 'Prepaid', 'ignored_by_decision') then {{ tag }} else 'owned' end
        {%- endfor %}

),

tagged as (
    {% for tag in tags %}
    select
        '{{ tag }}' as tag,
        {{ 'true' if tag in own else 'false' }} as stays_in_pool,
        {{ tag }}_owner as tag_owner,
        feature_owner,
        charge_date,
        provider_name,
        charge_category,
        pool,
        allocation_method,
        effective_cost,
        absolute_effective_cost
    from costs
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{#  A charge in a pool keeps its own environment and customer: they are owned, not shared. #}
decided as (

    select
        tagged.*,
        case
            when tag_owner = 'Prepaid' or (tag_owner = 'Unallocated' and feature_owner = 'Prepaid') then 'prepaid'
            when tag_owner = 'ignored_by_decision' then 'ignored_by_decision'
            when tag_owner = 'Unallocated' and allocation_method = 'ignored_by_decision' then 'ignored_by_decision'
            when tag_owner = 'Unallocated' then 'unallocated'
            when allocation_method = 'follow' then 'follow'
            when pool is not null and not stays_in_pool then 'shared'
            else 'owned'
        end as status
    from tagged

),

explained as (

    select
        decided.tag,
        decided.provider_name,
        decided.charge_date,
        case
            when decided.status = 'prepaid' then 'Prepaid'
            when decided.charge_category in ('Tax', 'Credit') then decided.charge_category
            else 'Charges'
        end as charge_group,
        decided.status,
        case
            when decided.status = 'ignored_by_decision' then coalesce(notes.note, 'no note on pool ' || decided.pool)
        end as reason,
        decided.effective_cost,
        decided.absolute_effective_cost

    from decided

    left join notes
        on decided.charge_date = notes.charge_date
        and {{ apportion.normalised('decided.pool') }} = notes.pool

),

summed as (

    select
        tag,
        provider_name,
        charge_date,
        charge_group,
        status,
        reason,
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost,
        cast(sum(absolute_effective_cost) as {{ apportion.money() }}) as absolute_effective_cost
    from explained
    group by
        tag,
        provider_name,
        charge_date,
        charge_group,
        status,
        reason

),

totalled as (

    select
        summed.*,
        sum(case when status in ('owned', 'shared', 'follow') then absolute_effective_cost else 0 end)
            over (partition by tag, provider_name, charge_date, charge_group) as covered_cost,
        sum(absolute_effective_cost)
            over (partition by tag, provider_name, charge_date, charge_group) as total_cost
    from summed

),

final as (

    select
        tag,
        provider_name,
        charge_date,
        charge_group,
        status,
        reason,
        '{{ var("reporting_currency") }}' as reporting_currency,
        effective_cost,
        absolute_effective_cost,
        {{ apportion.ratio('covered_cost', 'total_cost') }} as coverage

    from totalled

)

select * from final
