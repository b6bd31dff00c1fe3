{#
    Lines of Bedrock stand in the whole AWS bill too. Where the source bedrock has a payer's billing period, they are its
    own and leave the bill of aws. What leaves there must be what enters here: names the periods where it is not.
#}
{{ config(enabled='aws' in var('providers') and 'bedrock' in var('providers')) }}
{% set in_both %}
select distinct
    aws.payer_account_id,
    aws.billing_period_start
from {{ ref('stg_aws__cur') }} as aws
inner join {{ ref('stg_bedrock__cur') }} as bedrock
    on aws.payer_account_id = bedrock.payer_account_id
        and aws.billing_period_start = bedrock.billing_period_start
{% endset %}
{% set periods_of = ' as stg inner join (' ~ in_both ~ ') as in_both on stg.payer_account_id = in_both.payer_account_id '
    ~ 'and stg.billing_period_start = in_both.billing_period_start' %}
{{ apportion.sums_that_differ(
    one='(select stg.* from ' ~ ref('stg_aws__cur') ~ periods_of ~ ' where stg.is_of_bedrock)',
    other='(select stg.* from ' ~ ref('stg_bedrock__cur') ~ periods_of ~ ')',
    keys=[
        ['payer', 'payer_account_id', 'payer_account_id'],
        ['billing_period', 'billing_period_start', 'billing_period_start'],
    ],
    amounts=[['lines', '1', '1'], ['cost', 'unblended_cost', 'unblended_cost']],
) }}
