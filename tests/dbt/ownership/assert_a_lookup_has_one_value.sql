{# The smaller value wins, so no cost is doubled; but which one was meant? #}
select
    lookups.lookup_name,
    {{ apportion.normalised('lookups.key') }} as normalised_key,
    epochs.valid_from,
    count(*) as values_found
from {{ ref('lookups') }} as lookups
inner join {{ ref('int_ownership__epochs') }} as epochs
    on (lookups.valid_from <= epochs.valid_from or lookups.valid_from is null)
    and (lookups.valid_to > epochs.valid_from or lookups.valid_to is null)
group by lookups.lookup_name, {{ apportion.normalised('lookups.key') }}, epochs.valid_from
having count(*) > 1
