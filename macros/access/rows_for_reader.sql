{#
    The rows of a mart that the one who asks may see, by seeds/access/readers.csv: the body of each view in models/shared.
    relation   the mart
    owners     those of team, product, feature and cost_center that it has as columns. A row of the seed that names
               another attribute opens nothing here, and who has no row sees nothing.

    Lists to look a value up in, not a join: several rows of a reader cannot show a line of the mart twice. And lists that
    do not depend on that line, since BigQuery refuses a subquery that does wherever it cannot make a plain join of it.
#}
{% macro rows_for_reader(relation, owners) -%}
select *
from {{ relation }} as mart
where
    exists (
        select 1 from {{ ref('readers') }} as readers
        where {{ apportion.normalised('readers.attribute') }} = 'everything'
            and {{ reader_is('readers.reader') }}
    )
    {%- for owner in owners %}
    or {{ apportion.normalised('mart.' ~ owner) }} in (
        select {{ apportion.normalised('readers.value') }} from {{ ref('readers') }} as readers
        where {{ apportion.normalised('readers.attribute') }} = '{{ owner }}'
            and {{ reader_is('readers.reader') }}
    )
    {%- endfor %}
{%- endmacro %}
