{#
    Incremental by changed day: a day that a load covered since this model last saw it is deleted and written
    again, so a day that became empty empties. dbt's own delete+insert would leave it.

    source_column  column of the model with the source, as in int_charges__changed_days.provider
    day_column     column of the model with the day as it was loaded
    current        condition on rows of the model that are still of its present shape; where none is, every
                   day is written again
    days           model with provider, charge_date and changed_at: the days that loads covered
    The model keeps the time of the load that a row is from in x_changed_at.
#}

{# Pre-hook: delete what the changed days held. #}
{% macro delete_changed_days(source_column, day_column, current='true', days='int_charges__changed_days') %}
    {% if runs_incrementally() and apportion.sampled() %}
    {#  Days of an earlier sample would stand beside those of this one. #}
    delete from {{ this }} as stored
    where true
    {% elif runs_incrementally() %}
    {#  BigQuery wants an alias: a table's full name cannot stand before a column. #}
    delete from {{ this }} as stored
    where exists (
        select 1
        from ({{ apportion.days_changed_since(source_column, current, days) }}) as changed
        where changed.provider = stored.{{ source_column }}
            and changed.charge_date = stored.{{ day_column }}
    )
    {% endif %}
{% endmacro %}


{#
    The days to write: in a full run every day that was ever loaded, in a sample those of its window, else those
    changed since.
    Gives provider, charge_date, changed_at: join it, so that a row carries the load it is from.
#}
{% macro days_to_write(source_column, current='true', days='int_charges__changed_days') %}
    {% if runs_incrementally() and not apportion.sampled() %}
    {{ apportion.days_changed_since(source_column, current, days) }}
    {% else %}
    select provider, charge_date, changed_at from {{ ref(days) }}
    {% endif %}
{% endmacro %}


{# Days whose newest load is newer than the newest row of their provider in this model. #}
{% macro days_changed_since(source_column, current, days) %}
    select
        days.provider,
        days.charge_date,
        days.changed_at
    from {{ ref(days) }} as days
    left join (
        select {{ source_column }} as provider, max(x_changed_at) as seen_at
        from {{ this }}
        where {{ current }}
        group by {{ source_column }}
    ) as seen
        on days.provider = seen.provider
    where seen.seen_at is null or days.changed_at > seen.seen_at
{% endmacro %}


{#
    is_incremental() asks the warehouse; where introspection is off (compiling without an account) the variable
    compile_as_incremental chooses the branch.
#}
{% macro runs_incrementally() %}
    {% if flags.INTROSPECT %}
        {{ return(is_incremental()) }}
    {% endif %}
    {{ return(var('compile_as_incremental', false)) }}
{% endmacro %}
