{#
    Model calls with usage that stay out: their keys do not sum to their total, or other calls lie within them that used
    something else. Mend what logs them, or their share of the bill stays on the provider's key.
#}
{{ config(severity='warn', enabled='langfuse' in var('providers')) }}
select counted_as, model, count(*) as observations, sum(tokens) as tokens, sum(estimated_cost) as estimated_cost
from {{ ref('int_langfuse__observations') }}
where counted_as in ('total is not the sum', 'around other calls, with other usage')
group by counted_as, model
