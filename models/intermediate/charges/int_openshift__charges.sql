{# The cloud bills the nodes; OpenShift's reports tell who ran on them. #}
{{ apportion.no_charges() }}
