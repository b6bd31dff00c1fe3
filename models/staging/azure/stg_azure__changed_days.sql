{#
    A month is billed from two exports, and without the lines of models that azure_openai bills: a load of any of its
    days, by either source, rewrites them all.
#}
{% set days %}
    select
        provider,
        charge_date,
        max(changed_at) as changed_at,
        max(usage_read_at) as usage_read_at
    from (
        {{ apportion.changed_days('azure') }}
        {%- if 'azure_openai' in var('providers') %}
        union all
        {{ apportion.changed_days('azure', raw='azure_openai', tables=['cost_details']) }}
        {%- endif %}
    ) as loads
    group by provider, charge_date
{% endset %}
{{ apportion.changed_by_month(days) }}
