{# Days over a leap year's end of February. #}
select cast(date_day as {{ dbt.type_string() }}) as row_id
from ({{ apportion.calendar_days('2024-02-27', '2024-03-02') }}) as days
