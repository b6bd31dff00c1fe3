{#
    Emitters whose calls cannot be weighed as they are: streams without usage tell no tokens, sampled traces stand for
    others, and an operation that nobody knows is no call although it tells tokens.
#}
{{ config(severity='warn', enabled='otel' in var('providers')) }}
select
    charge_date,
    scope_name,
    operation,
    sum(case when outcome = 'call' and not has_usage then 1 else 0 end) as calls_without_usage,
    sum(case when outcome = 'call' and is_sampled then 1 else 0 end) as sampled_calls,
    sum(case
        when outcome = 'not_inference'
            and has_usage
            and operation not in ('invoke_agent', 'create_agent', 'invoke_workflow', 'execute_tool', 'retrieval')
            then 1
        else 0
    end) as unknown_operations
from {{ ref('int_otel__calls') }}
group by charge_date, scope_name, operation
having sum(case when outcome = 'call' and not has_usage then 1 else 0 end)
    + sum(case when outcome = 'call' and is_sampled then 1 else 0 end)
    + sum(case
        when outcome = 'not_inference'
            and has_usage
            and operation not in ('invoke_agent', 'create_agent', 'invoke_workflow', 'execute_tool', 'retrieval')
            then 1
        else 0
    end) > 0
