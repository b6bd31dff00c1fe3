{#
    Which pools pay into which, as a list of [pool, target], both normalised, once each: fixed_shares.csv and
    driver_quantities.csv may name a pool as a target. On any date: what holds on a day is decided in SQL. The
    only way to it; a unit test overrides this macro.
#}
{% macro pool_edges() %}
    {% set shares, quantities, pools = ref('fixed_shares'), ref('driver_quantities'), ref('shared_cost_pools') %}
    {% if not execute %}
        {{ return([]) }}
    {% endif %}
    {% if not flags.INTROSPECT %}
        {{ return([['a', 'b'], ['b', 'a'], ['b', 'c']]) }}
    {% endif %}
    {% for seed in [shares, quantities, pools] %}
        {% if load_relation(seed) is none %}
            {{ return([]) }}
        {% endif %}
    {% endfor %}
    {% set is_pool = apportion.normalised('paid.target_type') ~ " = 'pool'" %}
    {% set table = run_query(
        'select ' ~ apportion.normalised('paid.pool') ~ ', ' ~ apportion.normalised('paid.target')
        ~ ' from ' ~ shares ~ ' as paid where ' ~ is_pool
        ~ ' union distinct select ' ~ apportion.normalised('pools.pool') ~ ', ' ~ apportion.normalised('paid.target')
        ~ ' from ' ~ quantities ~ ' as paid inner join ' ~ pools ~ ' as pools on '
        ~ apportion.normalised('pools.driver') ~ ' = ' ~ apportion.normalised('paid.driver')
        ~ ' where ' ~ is_pool ~ ' order by 1, 2'
    ) %}
    {% set edges = [] %}
    {% for row in table.rows %}
        {% do edges.append([row[0], row[1]]) %}
    {% endfor %}
    {{ return(edges) }}
{% endmacro %}


{#
    The pools that are connected by paying each other, as dicts with pool (normalised), component (a number for
    each connected group), pays, and place: 1, 2, … among the pools of the group that others pay into, none for
    the others. Groups are resolved side by side, so what counts is the largest one.
#}
{% macro pool_graph() %}
    {% set edges = pool_edges() %}
    {% set group_of = {} %}
    {% for pool, target in edges %}
        {% set one, other = group_of.get(pool, [pool]), group_of.get(target, [target]) %}
        {% if one is not sameas other %}
            {% for name in other if name not in one %}
                {% do one.append(name) %}
            {% endfor %}
            {% for name in one %}
                {% do group_of.update({name: one}) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% set payers = edges | map(attribute=0) | list %}
    {% set targets = edges | map(attribute=1) | list %}
    {% set first_of, places, graph = [], {}, [] %}
    {% for pool in group_of.keys() | sort(case_sensitive=true) %}
        {% set first = (group_of[pool] | sort(case_sensitive=true))[0] %}
        {% if first not in first_of %}
            {% do first_of.append(first) %}
        {% endif %}
        {% if pool in targets %}
            {% do places.update({first: places.get(first, 0) + 1}) %}
        {% endif %}
        {% do graph.append({
            'pool': pool, 'component': first_of.index(first) + 1, 'pays': pool in payers,
            'place': places[first] if pool in targets else none,
        }) %}
    {% endfor %}
    {{ return(graph) }}
{% endmacro %}


{# The attributes that pools of the graph name in `per`: what decides the way of a cost through them. #}
{% macro graph_partitions() %}
    {% set pools = apportion.pool_graph() | map(attribute='pool') | list %}
    {% set names = [] %}
    {% for row in shared_cost_pools() if row.get('per') and row['pool'] | lower in pools %}
        {% if row['per'] | lower not in names %}
            {% do names.append(row['per'] | lower) %}
        {% endif %}
    {% endfor %}
    {{ return(names | sort) }}
{% endmacro %}
