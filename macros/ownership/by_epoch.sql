{#
    A dated table, one row per name and stretch of days (int_ownership__epochs.valid_from): what holds there.
    Two rows for one day are an error that a test names; the later start wins, so that no join can multiply.
    Where absent values sort is said, since each warehouse has its own default.
    relation   with the columns name, valid_from and valid_to
    columns    further columns to keep
#}
{% macro by_epoch(relation, name, columns) %}
    select
        {{ name }},
        {{ apportion.normalised(name) }} as normalised,
        epoch,
        {{ columns | join(', ') }}
    from (
        select
            dated.*,
            epochs.valid_from as epoch,
            row_number() over (
                partition by {{ apportion.normalised('dated.' ~ name) }}, epochs.valid_from
                order by dated.valid_from desc nulls last, coalesce(dated.{{ columns[0] }}, '')
            ) as newest_first
        from {{ relation }} as dated
        inner join {{ ref('int_ownership__epochs') }} as epochs
            on (dated.valid_from <= epochs.valid_from or dated.valid_from is null)
            and (dated.valid_to > epochs.valid_from or dated.valid_to is null)
    ) as holding
    where newest_first = 1
{% endmacro %}
