{# The cloud bills the nodes; OpenCost tells who ran on them. #}
{{ apportion.no_charges() }}
