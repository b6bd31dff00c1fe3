{#
    A cell of a rule as a SQL condition.

    A cell holds alternatives separated by |: an exact value, a glob (* and ?), ~ and an RE2 expression, or
    <none> for an absent value. ! at the start negates the whole cell; \ makes the next character literal.

    cell      the text of the cell
    columns   normalised columns to compare (text in lower case, null where absent); with several, the cell
              holds where any of them matches, and <none> where all are absent
    Gives a condition that is true or not (false or null); negated cells are never null.
#}
{% macro cell_condition(cell, columns) %}
    {% set cell = cell | trim %}
    {% set negated = cell.startswith('!') %}
    {% set exact, others = [], [] %}
    {% for alternative in apportion.split_unescaped(cell[1:] if negated else cell, '|') %}
        {% set text = alternative | trim %}
        {% if text | lower == '<none>' %}
            {% do others.append('(' ~ columns | join(' is null and ') ~ ' is null)') %}
        {% elif text.startswith('~') %}
            {% for column in columns %}
                {% do others.append(apportion.regex_found(column, text[1:])) %}
            {% endfor %}
        {% else %}
            {% set glob = apportion.read_glob(text) %}
            {% if glob['kind'] == 'exact' and glob['text'] %}
                {% do exact.append(apportion.lower_literal(glob['text'])) %}
            {% elif glob['kind'] == 'like' %}
                {% for column in columns %}
                    {% do others.append(column ~ ' like ' ~ apportion.lower_literal(glob['text'])) %}
                {% endfor %}
            {% elif glob['kind'] == 'regex' %}
                {% for column in columns %}
                    {% do others.append(apportion.regex_found(column, glob['text'])) %}
                {% endfor %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {# Equality first: it is the cheapest test. #}
    {% set conditions = [] %}
    {% if exact %}
        {% for column in columns %}
            {% do conditions.append(column ~ (' = ' ~ exact[0] if exact | length == 1 else ' in (' ~ exact | join(', ') ~ ')')) %}
        {% endfor %}
    {% endif %}
    {% set conditions = conditions + others %}
    {% if not conditions %}
        {{ return('true' if negated else 'false') }}
    {% endif %}
    {% set joined = conditions[0] if conditions | length == 1 else '(' ~ conditions | join(' or ') ~ ')' %}
    {{ return('not coalesce(' ~ joined ~ ', false)' if negated else joined) }}
{% endmacro %}


{#
    A label or if_tag cell as a list of [key, pattern, negated]: key=pattern, several joined by ; . The pattern
    is a cell of its own. A ! before the first key negates the whole cell.
#}
{% macro read_pairs(cell) %}
    {% set pairs = [] %}
    {% for part in apportion.split_unescaped(cell, ';') if part | trim %}
        {% set pieces = apportion.split_unescaped(part, '=') %}
        {% do pairs.append([
            apportion.unescaped(pieces[0] | trim), pieces[1:] | join('='),
        ]) %}
    {% endfor %}
    {{ return(pairs) }}
{% endmacro %}


{# A text split at a character, except where a backslash stands before it; the backslashes stay. #}
{% macro split_unescaped(text, separator) %}
    {% if '\\' not in text %}
        {{ return(text.split(separator)) }}
    {% endif %}
    {% set parts, part = [], [] %}
    {% for token in modules.re.findall('(?s)\\\\.|.', text) %}
        {% if token == separator %}
            {% do parts.append(part | join) %}
            {% do part.clear() %}
        {% else %}
            {% do part.append(token) %}
        {% endif %}
    {% endfor %}
    {% do parts.append(part | join) %}
    {{ return(parts) }}
{% endmacro %}


{# A text without its escaping backslashes. #}
{% macro unescaped(text) %}
    {{ return(modules.re.sub('(?s)\\\\(.)', '\\1', text)) }}
{% endmacro %}


{#
    An exact value or glob as {kind, text}: exact, like (a pattern for LIKE) or regex (a pattern that covers the
    whole value, for globs whose text holds what LIKE or its escapes would take for itself).
#}
{% macro read_glob(text) %}
    {% if '*' not in text and '?' not in text and '\\' not in text %}
        {{ return({'kind': 'exact', 'text': text}) }}
    {% endif %}
    {% set seen = namespace(wild=false, special=false) %}
    {% set literal, like, regex = [], [], [] %}
    {% for token in modules.re.findall('(?s)\\\\.|.', text) %}
        {% if token in ('*', '?') %}
            {% set seen.wild = true %}
            {% do like.append({'*': '%', '?': '_'}[token]) %}
            {% do regex.append({'*': '.*', '?': '.'}[token]) %}
        {% else %}
            {% set character = token[-1] %}
            {% if character in '%_\\' %}
                {% set seen.special = true %}
            {% endif %}
            {% do literal.append(character) %}
            {% do like.append(character) %}
            {% do regex.append(modules.re.escape(character)) %}
        {% endif %}
    {% endfor %}
    {% if not seen.wild %}
        {{ return({'kind': 'exact', 'text': literal | join}) }}
    {% elif seen.special %}
        {{ return({'kind': 'regex', 'text': '^' ~ regex | join ~ '$'}) }}
    {% endif %}
    {{ return({'kind': 'like', 'text': like | join}) }}
{% endmacro %}


{#
    A text of a rule as a literal in lower case, its blanks plain spaces. Only the warehouse knows how it
    lowers letters outside ASCII.
#}
{% macro lower_literal(text) %}
    {% set spaced = text.replace('\t', ' ').replace('\n', ' ').replace('\r', ' ').replace('\u00a0', ' ') %}
    {% if spaced.isascii() %}
        {{ return(apportion.text_literal(spaced | lower)) }}
    {% endif %}
    {{ return('lower(' ~ apportion.text_literal(spaced) ~ ')') }}
{% endmacro %}
