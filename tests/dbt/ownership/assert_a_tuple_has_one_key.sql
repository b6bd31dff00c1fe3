{# Two tuples that shared a key would share an owner. dim_charge_attributes would have the key twice. #}
select tag_key, count(*) as tuples
from {{ ref('dim_charge_attributes') }}
group by tag_key
having count(*) > 1
