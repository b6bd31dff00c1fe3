{# Days that the reports reach over: one of them without pods of a cluster was not reported, and is unobserved. #}
with

final as (

    {{ apportion.changed_days('openshift', tables=['pod_usage']) }}

)

select charge_date from final
