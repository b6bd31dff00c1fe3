{#
    Meters and SKUs of clouds say in words what they count ("gpt 4o mini0718 BatchOutp DataZone Tokens"). These read
    them word by word: a part of a word is no word, so "GA" is not found in "Gemini".
#}

{# A name as words: lower case, letters, digits and dots; a blank on either side of each word. #}
{% macro meter_words(name) -%}
    {%- set plain = apportion.regex_replaced('lower(' ~ name ~ ')', '[^a-z0-9.]+', ' ') -%}
    (' ' || replace(trim({{ plain }}), ' ', '  ') || ' ')
{%- endmacro %}

{#
    Whether one of the words stands there.
    words         what meter_words() gave
    alternatives  list of words, as RE2
#}
{% macro has_word(words, alternatives) -%}
    {{ apportion.regex_found(words, ' (' ~ alternatives | join('|') ~ ') ') }}
{%- endmacro %}

{# The words without these, with one blank between them; null where none is left. #}
{% macro without_words(words, alternatives) -%}
    {%- set left = apportion.regex_replaced(words, ' (' ~ alternatives | join('|') ~ ') ', '') -%}
    nullif(trim({{ apportion.regex_replaced(left, ' +', ' ') }}), '')
{%- endmacro %}
