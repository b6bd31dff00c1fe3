{#
    The name by which a Kubernetes node and its lines on a bill meet: one spelling for all that clouds and clusters write.

      AWS      aws:///eu-west-1a/i-0abc, i-0abc, arn:aws:ec2:eu-west-1:1:instance/i-0abc   i-0abc (volumes, vol-0abc, alike)
      Google   gce://project/zone/name, //compute.googleapis.com/projects/…/zones/…/instances/name,
               projects/…/zones/…/instances/name                                           gce:/project/zone/name
      Azure    azure:///subscriptions/…, /subscriptions/… in any case                      /subscriptions/… in lower case
      Oracle   ocid1.instance.…, oci://ocid1.instance.…                                    ocid1.instance.…
    Any other id is its own key, in lower case. Null stays null.
#}
{% macro node_key(identity) -%}
    {%- set google_start = '^(gce://|https?://[^/]+/compute/v1/|(//)?compute[.]googleapis[.]com/)' -%}
    case
        when {{ apportion.regex_found(identity, '(^|/)(i|vol)-[0-9a-f]{8,17}$') }}
            then lower({{ apportion.last_part(identity) }})
        when {{ apportion.regex_found(identity, google_start) }}
            or {{ apportion.regex_found(identity, '^projects/.+/instances/') }}
            then 'gce:/' || {{ apportion.without_match(
                'lower(' ~ apportion.regex_replaced(
                    apportion.regex_replaced(identity, google_start, ''), '(^|/)(projects|zones|instances)/', '/'
                ) ~ ')', '^/'
            ) }}
        else lower({{ apportion.regex_replaced(identity, '^[a-z]+://', '') }})
    end
{%- endmacro %}

{#
    The name of the group that a node belongs to, for bills that do not tell its members apart: Azure's scale set, and
    on Google the machine without its zone. Null where there is none.
    key   a node_key()
#}
{% macro node_set_key(key) -%}
    case
        when {{ apportion.regex_found(key, '/virtualmachinescalesets/[^/]+/virtualmachines/[^/]+$') }}
            then {{ apportion.regex_replaced(key, '/virtualmachines/[^/]+$', '') }}
        when {{ apportion.regex_found(key, '^gce:/[^/]+/[^/]+/[^/]+$') }}
            then {{ apportion.regex_replaced(key, '/[^/]+/[^/]+$', '') }} || '/' || {{ apportion.last_part(key) }}
    end
{%- endmacro %}
