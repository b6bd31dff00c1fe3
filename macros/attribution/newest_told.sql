{#
    Of rows that several packages of files tell of one thing, those of the newest package: the latest packed_at, then the
    last file and row.
    relation   CTE with packed_at (text in ISO 8601, or absent), source_file and source_row
    keys       columns that name the thing; a null is a value like any other
#}
{% macro newest_told(relation, keys) %}
    select *
    from (
        select
            {{ relation }}.*,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by coalesce(packed_at, '') desc, source_file desc, source_row desc
            ) as telling
        from {{ relation }}
    ) as told
    where telling = 1
{% endmacro %}
