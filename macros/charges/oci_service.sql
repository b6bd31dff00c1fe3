{#
    FOCUS's service category or subcategory of an Oracle Cloud service, by the code that cost reports have (COMPUTE). One
    code has one category; what is not known is Other.
    code   SQL: the service's code
    part   category or subcategory
#}
{% macro oci_service(code, part) -%}
    {%- set services = {
        ('AI and Machine Learning', 'Generative AI'): ['GENERATIVE_AI', 'GENERATIVE_AI_AGENT'],
        ('AI and Machine Learning', 'Machine Learning'): ['DATA_SCIENCE', 'DATASCIENCE'],
        ('AI and Machine Learning', 'AI Platforms'): ['AI_LANGUAGE', 'AI_SPEECH', 'AI_VISION', 'DOCUMENT_UNDERSTANDING'],
        ('Analytics', 'Business Intelligence'): ['ANALYTICS', 'OAC'],
        ('Analytics', 'Data Processing'): ['DATA_FLOW', 'DATAFLOW', 'DATA_INTEGRATION', 'BIGDATA'],
        ('Analytics', 'Streaming Analytics'): ['STREAMING'],
        ('Analytics', 'Search'): ['OPENSEARCH'],
        ('Compute', 'Virtual Machines'): ['COMPUTE', 'VMWARE'],
        ('Compute', 'Containers'): ['CONTAINERENGINE', 'CONTAINER_ENGINE', 'OKE', 'CONTAINER_INSTANCES'],
        ('Compute', 'Serverless Compute'): ['FUNCTIONS', 'FAAS'],
        ('Databases', 'Caching'): ['REDIS', 'OCI_CACHE'],
        ('Databases', 'NoSQL Databases'): ['NOSQL'],
        ('Databases', 'Relational Databases'): ['DATABASE', 'MYSQL', 'POSTGRESQL'],
        ('Developer Tools', 'Developer Platforms'): ['DEVOPS', 'APEX'],
        ('Identity', 'Identity and Access Management'): ['IDENTITY'],
        ('Integration', 'API Management'): ['API_GATEWAY', 'APIGATEWAY'],
        ('Integration', 'Messaging'): ['NOTIFICATIONS', 'QUEUE', 'EMAIL_DELIVERY'],
        ('Integration', 'Workflow Orchestration'): ['INTEGRATION'],
        ('Management and Governance', 'Observability'): ['TELEMETRY', 'MONITORING', 'LOGGING', 'LOGGING_ANALYTICS', 'APM'],
        ('Networking', 'Application Networking'): ['LOADBALANCER', 'LOAD_BALANCER'],
        ('Networking', 'Network Connectivity'): ['FASTCONNECT', 'FAST_CONNECT'],
        ('Networking', 'Network Infrastructure'): ['NETWORK', 'VIRTUAL_CLOUD_NETWORK', 'VCN'],
        ('Networking', 'Network Routing'): ['DNS'],
        ('Networking', 'Network Security'): ['WAF', 'WAAS', 'NETWORK_FIREWALL'],
        ('Security', 'Secret Management'): ['KMS', 'VAULT', 'KEY_MANAGEMENT'],
        ('Security', 'Threat Detection and Response'): ['CLOUD_GUARD'],
        ('Storage', 'Block Storage'): ['BLOCK_STORAGE', 'BLOCKSTORAGE'],
        ('Storage', 'File Storage'): ['FILE_STORAGE', 'FILESTORAGE'],
        ('Storage', 'Object Storage'): ['OBJECTSTORE', 'OBJECT_STORAGE'],
    } -%}
    case
        {%- for (category, subcategory), codes in services.items() %}
        when upper(replace({{ code }}, ' ', '_')) in ('{{ codes | join("', '") }}') then '{{ category if part == 'category' else subcategory }}'
        {%- endfor %}
        else '{{ 'Other' if part == 'category' else 'Other (Other)' }}'
    end
{%- endmacro %}
