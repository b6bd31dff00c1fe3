with

final as (

    {{ apportion.focus_charges(ref('stg_focus__cost_and_usage'), 'focus') }}

)

select * from final
