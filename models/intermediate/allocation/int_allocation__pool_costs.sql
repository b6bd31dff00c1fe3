{# A pool without a rule on the day keeps its cost, Unallocated. #}
with

costs as (

    select * from {{ ref('int_costs__owned') }}
    where ownership = 'pool'

),

final as (

    {{ apportion.with_flow('costs') }}

)

select * from final
