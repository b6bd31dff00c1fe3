{#
    Which of two providers' days two lists take: one with gaps, and one of more days than a condition names. A row that prunes
    by the day alone has both providers.
#}
{% set first = modules.datetime.date(2024, 2, 27) %}
{% set day = modules.datetime.timedelta(days=1) %}
{% set few = [['b', first + 2 * day], ['a', first + 3 * day], ['a', first + day], ['a', first + 2 * day], ["it's", first]] %}
{% set many = [['a', first + 3 * day], ['b', first]] %}
{% for number in range(400) %}
    {% do many.append(['a', first + (10 + number) * day]) %}
{% endfor %}
{% set lists = {'few': few, 'many': many, 'none': []} %}

with

days as (

    select
        provider,
        date_day
    from ({{ apportion.calendar_days('2024-02-27', '2025-04-30') }}) as calendar
    cross join (select 'a' as provider union all select 'b' as provider union all select {{ apportion.text_literal("it's") }} as provider) as providers

)

{% for name, pairs in lists.items() %}
{% set listed = apportion.without_gaps(pairs) %}
select {{ dbt.concat(["'" ~ name ~ " '", 'provider', "' '", 'cast(date_day as ' ~ dbt.type_string() ~ ')']) }} as row_id
from days
where {{ apportion.is_listed(listed, 'provider', 'date_day') }}
union all
select {{ dbt.concat(["'day of " ~ name ~ " '", 'provider', "' '", 'cast(date_day as ' ~ dbt.type_string() ~ ')']) }} as row_id
from days
where {{ apportion.is_listed_day(listed, 'date_day') }}
{{ 'union all' if not loop.last }}
{% endfor %}
