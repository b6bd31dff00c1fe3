{# Where bedrock bills its own lines of a period, they leave this bill: the days that it read change here too. #}
{% set aws = apportion.changed_days('aws') %}
{% if 'bedrock' in var('providers') %}
    {% set bedrock = apportion.changed_days('aws', raw='bedrock', tables=['cur']) %}
{% endif %}
with

covered as (

    {{ aws }}
    {% if bedrock is defined -%}
    union all
    {{ bedrock }}
    {%- endif %}

),

final as (

    select
        provider,
        charge_date,
        max(changed_at) as changed_at,
        max(usage_read_at) as usage_read_at
    from covered
    group by
        provider,
        charge_date

)

select * from final
