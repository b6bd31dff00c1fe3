{#
    Incremental by changed day: a day that a load covered since this model last saw it is deleted and written
    again, so a day that became empty empties. dbt's own delete+insert would leave it.

    source_column  column of the model with the source, as in int_charges__changed_days.provider
    day_column     column of the model with the day as it was loaded
    current        condition on rows of the model that are still of its present shape; where none is, every
                   day is written again
    days           table with provider, charge_date and changed_at: the days that loads covered
    may_have       condition on `days`: whether the model may have rows of a source that it has none of. Else the days of
                   such a source are new in every run
    The model keeps the time of the load that a row is from in x_changed_at.

    The delete and the insert must mean the same days, or a day is written twice. So `days` is a table, made once a run: a
    load that ends after it waits for the next run. Which of them changed is asked for when the model is compiled, and both
    statements name the answer: BigQuery prunes partitions by constants only, and to ask once is cheaper on DuckDB too.
#}

{# Pre-hook: delete what the changed days held. #}
{% macro delete_changed_days(source_column, day_column, current='true', days='int_charges__changed_days', may_have='true') %}
    {% if runs_incrementally() and apportion.sampled() %}
    {#  Days of an earlier sample would stand beside those of this one. #}
    delete from {{ this }} as stored
    where true
    {% elif runs_incrementally() %}
    {% set listed = apportion.listed_days(source_column, current, days, may_have) %}
    {#  BigQuery wants an alias: a table's full name cannot stand before a column. #}
    delete from {{ this }} as stored
    {%- if listed is not none %}
    where {{ apportion.is_listed(listed, 'stored.' ~ source_column, 'stored.' ~ day_column) }}
    {%- else %}
    where exists (
        select 1
        from ({{ apportion.days_changed_since(source_column, current, days, may_have) }}) as changed
        where changed.provider = stored.{{ source_column }}
            and changed.charge_date = stored.{{ day_column }}
    )
    {%- endif %}
    {% endif %}
{% endmacro %}


{#
    The days to write: in a full run every day that was ever loaded, in a sample those of its window, else those
    changed since.
    Gives provider, charge_date, changed_at: join it, so that a row carries the load it is from.
#}
{% macro days_to_write(source_column, current='true', days='int_charges__changed_days', may_have='true') %}
    {% set listed = apportion.listed_days(source_column, current, days, may_have) %}
    {% if listed is not none %}
    select
        days.provider,
        days.charge_date,
        days.changed_at
    from {{ ref(days) }} as days
    where {{ apportion.is_listed(listed, 'days.provider', 'days.charge_date') }}
    {% elif runs_incrementally() and not apportion.sampled() %}
    {{ apportion.days_changed_since(source_column, current, days, may_have) }}
    {% else %}
    select provider, charge_date, changed_at from {{ ref(days) }}
    {% endif %}
{% endmacro %}


{#
    Whether a day is one of the days to write, of whichever source: a condition of constants, for every large table that is
    joined to days_to_write() anyway. It only prunes, so leaving it out changes no row; `true` where no days are listed.
    day   column with the day as it was loaded; the rest as days_to_write()
#}
{% macro on_days_to_write(day, source_column, current='true', days='int_charges__changed_days', may_have='true') -%}
    {% set listed = apportion.listed_days(source_column, current, days, may_have) -%}
    {{ return('true' if listed is none else apportion.is_listed_day(listed, day)) }}
{%- endmacro %}


{# Days whose newest load is newer than the newest row of their provider in this model. #}
{% macro days_changed_since(source_column, current, days, may_have) %}
    select
        days.provider,
        days.charge_date,
        days.changed_at
    from {{ ref(days) }} as days
    left join (
        select
            {{ source_column }} as provider,
            max(case when {{ current }} then x_changed_at end) as seen_at
        from {{ this }}
        group by {{ source_column }}
    ) as seen
        on days.provider = seen.provider
    where (seen.provider is null and {{ may_have }})
        or (seen.provider is not null and seen.seen_at is null)
        or days.changed_at > seen.seen_at
{% endmacro %}


{#
    The changed days, asked for once for a model and a run of dbt: a list of [provider, first day, last day] without gaps.
    None where nobody asks: in a full run, in a sample, in a unit test, and where the list would be too long for a statement. Then the
    statements find the days by a join.

    graph is the one thing that compiling a model and rendering its hooks share.
    Where introspection is off, vars.compile_with_days has [provider, day] instead.
#}
{% macro listed_days(source_column, current, days, may_have) %}
    {% if not execute or not runs_incrementally() or apportion.sampled() or model.resource_type == 'unit_test' %}
        {{ return(none) }}
    {% endif %}
    {% if not flags.INTROSPECT %}
        {% set sample = [] %}
        {% for provider, day in var('compile_with_days', []) %}
            {% do sample.append([provider, modules.datetime.date.fromisoformat(day)]) %}
        {% endfor %}
        {{ return(apportion.without_gaps(sample) if sample else none) }}
    {% endif %}
    {% set asked = graph.setdefault('apportion_listed_days', {}) %}
    {#  A program may run dbt several times on one graph. #}
    {% set key = invocation_id ~ ' ' ~ model.unique_id %}
    {% if key not in asked %}
        {% set rows = [] %}
        {% for row in run_query(apportion.days_changed_since(source_column, current, days, may_have)) %}
            {% do rows.append([row[0], row[1]]) %}
        {% endfor %}
        {% set runs = apportion.without_gaps(rows) %}
        {#  A run of days takes some 100 characters, twice; BigQuery takes a statement of a million. #}
        {% do asked.update({key: runs if runs | length <= 1000 else none}) %}
    {% endif %}
    {{ return(asked[key]) }}
{% endmacro %}


{# Up to so many days a condition names each, and above only the first and the last. #}
{% macro most_listed_days() -%}
    {{ return(366) }}
{%- endmacro %}


{# Pairs of provider and day as [provider, first day, last day], in order, days that follow each other as one. #}
{% macro without_gaps(pairs) %}
    {% set runs = [] %}
    {% for provider, day in pairs | sort %}
        {% if runs and runs[-1][0] == provider and (day - runs[-1][2]).days <= 1 %}
            {% do runs.append([provider, runs.pop()[1], day]) %}
        {% else %}
            {% do runs.append([provider, day, day]) %}
        {% endif %}
    {% endfor %}
    {{ return(runs) }}
{% endmacro %}


{# Whether provider and day are listed: the day first, which is what prunes. #}
{% macro is_listed(listed, provider, day) -%}
    {{ apportion.is_listed_day(listed, day) }}
    {%- if listed %}
        and (
            {%- for name, first, last in listed %}
            ({{ provider }} = {{ apportion.text_literal(name) }} and {{ day }} between date '{{ first }}' and date '{{ last }}')
            {{- ' or' if not loop.last }}
            {%- endfor %}
        )
    {%- endif %}
{%- endmacro %}


{# Whether a day is listed for any provider. #}
{% macro is_listed_day(listed, day) -%}
    {% set found = {} -%}
    {% for name, first, last in listed -%}
        {% for number in range([(last - first).days + 1, apportion.most_listed_days() + 1] | min) -%}
            {% do found.update({first + modules.datetime.timedelta(days=number): true}) -%}
        {% endfor -%}
    {% endfor -%}
    {% if not listed -%}
        false
    {%- elif found | length > apportion.most_listed_days() -%}
        {{ day }} between date '{{ listed | map(attribute=1) | min }}' and date '{{ listed | map(attribute=2) | max }}'
    {%- else -%}
        {{ day }} in (
        {%- for one in found | sort %}date '{{ one }}'{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- endif %}
{%- endmacro %}


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
