{#
    Seeds have no load log, so this keeps one. A model that is this macro alone, configured as seed_log(), has a row
    for each day whose rows of the seed are others than when it was last built: an edited, added or removed row is a
    change of its day, and a seed that nobody touched adds nothing.

    provider   the source in vars.providers that the seed feeds
    rows       a select with charge_date and row_text, which says all that a row says
    Gives provider, charge_date, rows_text (a short name of the day's rows, null where there are none any more) and
    changed_at. See seed_days() for what staging makes of it.
#}
{% macro seed_changed_days(provider, rows) %}
    with

    seed_rows as (

        {{ rows }}

    ),

    now_there as (

        select
            charge_date,
            {{ dbt.hash(dbt.listagg('row_text', "'|'", 'order by row_text')) }} as rows_text
        from seed_rows
        where charge_date is not null
        group by charge_date

    ),

    seen_before as (
        {% if runs_incrementally() %}
        select
            charge_date,
            rows_text
        from (
            select
                charge_date,
                rows_text,
                row_number() over (partition by charge_date order by changed_at desc) as version
            from {{ this }}
        ) as versions
        where version = 1
        {% else %}
        select
            charge_date,
            rows_text
        from now_there
        where false
        {% endif %}
    ),

    days as (

        select distinct charge_date
        from (
            select charge_date from now_there
            union all
            select charge_date from seen_before
        ) as all_days

    )

    select
        {{ apportion.text_literal(provider) }} as provider,
        days.charge_date,
        now_there.rows_text,
        {{ apportion.time_of_run() }} as changed_at

    from days

    left join now_there
        on days.charge_date = now_there.charge_date

    left join seen_before
        on days.charge_date = seen_before.charge_date

    where seen_before.charge_date is null
        or now_there.rows_text is distinct from seen_before.rows_text
{% endmacro %}


{#
    How a model of seed_changed_days() is kept: append only, and never rebuilt, since days whose rows went would be
    forgotten and stay in fct_charges.
#}
{% macro seed_log() %}
    {{ return({
        'materialized': 'incremental', 'incremental_strategy': apportion.append_strategy(),
        'full_refresh': false, 'transient': false,
    }) }}
{% endmacro %}


{# What stg_<provider>__changed_days says of a seed: its log in the columns of changed_days(). #}
{% macro seed_days(log) %}
    select
        provider,
        charge_date,
        max(changed_at) as changed_at,
        cast(null as {{ dbt.type_timestamp() }}) as usage_read_at
    from {{ log }}
    group by provider, charge_date
{% endmacro %}


{#
    The providers whose stg_<provider>__changed_days says so in its meta, as text literals; `''` where there is none.
    mark   seed_fed   its charges are rows of a seed: nobody loads them, and the last says nothing of how far costs are known
           has_seats  it bills seats at the prices of seat_prices.csv
#}
{% macro providers_marked(mark) %}
    {% set found = [] %}
    {% if execute %}
        {# Unit tests know no graph. #}
        {% for node in graph.get("nodes", {}).values() %}
            {% if node.resource_type == 'model' and node.config.get('meta', {}).get(mark) %}
                {% do found.append(apportion.text_literal(node.name[4:] | replace('__changed_days', ''))) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(found or ["''"]) }}
{% endmacro %}
