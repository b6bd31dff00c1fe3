{#
    What a load log is to a source, to charges that people keep in seeds. Each build compares the charges with the newest
    version of each that it knows, and adds a row where one is new, another or gone; nothing is ever deleted, so a charge
    that is gone can still tell its day to be written again. A charge that moved to another day is gone from the one and
    new on the other.

    Never rebuilt (full_refresh: false): days whose charges went would be forgotten, and stay in fct_charges.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        full_refresh=false,
    )
}}

{% set kinds = {'charge_date': 'date'} %}
{% for id, name, kind, introduced, removed in apportion.focus_columns() %}
    {% do kinds.update({name: kind}) %}
{% endfor %}
{#  Numbers and times are written alike on every warehouse. #}
{% set texts = [] %}
{% for column in apportion.charge_columns() if column not in ['x_charge_id', 'charge_date', 'x_source'] %}
    {% set kind = kinds.get(column) %}
    {% do texts.append(
        apportion.number_text(column) if kind == 'number'
        else 'substr(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '), 1, 19)' if kind == 'time'
        else column
    ) %}
{% endfor %}

with

current_charges as (

    select
        x_charge_id,
        charge_date,
        {{ dbt.hash(apportion.fields_as_one(texts)) }} as content_hash
    from {{ ref('int_manual__charges') }}

),

known as (

    {% if apportion.runs_incrementally() %}
    select
        x_charge_id,
        charge_date,
        content_hash
    from (
        select
            x_charge_id,
            charge_date,
            content_hash,
            row_number() over (
                partition by x_charge_id, charge_date order by changed_at desc, content_hash desc
            ) as newest_first
        from {{ this }}
    ) as versions
    where newest_first = 1
    {% else %}
    select
        x_charge_id,
        charge_date,
        content_hash
    from current_charges
    where false
    {% endif %}

),

final as (

    select
        coalesce(current_charges.x_charge_id, known.x_charge_id) as x_charge_id,
        coalesce(current_charges.charge_date, known.charge_date) as charge_date,
        current_charges.content_hash,
        {{ apportion.time_of_run() }} as changed_at

    from current_charges

    full outer join known
        on current_charges.x_charge_id = known.x_charge_id
        and current_charges.charge_date = known.charge_date

    where current_charges.content_hash is distinct from known.content_hash

)

select * from final
