{#
    FOCUS's service category or subcategory of an Azure service, by the meter category that is its name on the bill. One
    name has one category; what is not known is Other.
    name   SQL: the meter category, or what stands in its place
    part   category or subcategory
#}
{% macro azure_service(name, part) -%}
    {%- set services = {
        ('AI and Machine Learning', 'Generative AI'): ['azure openai', 'azure openai service', 'foundry models', 'foundry tools'],
        ('AI and Machine Learning', 'Machine Learning'): ['azure machine learning', 'machine learning'],
        ('AI and Machine Learning', 'AI Platforms'): ['cognitive services', 'azure ai services', 'azure ai foundry'],
        ('AI and Machine Learning', 'Bots'): ['azure bot service'],
        ('Analytics', 'Analytics Platforms'): ['azure synapse analytics', 'azure databricks', 'hdinsight', 'microsoft fabric',
            'azure analysis services', 'azure data explorer'],
        ('Analytics', 'Business Intelligence'): ['power bi', 'power bi embedded'],
        ('Analytics', 'Data Processing'): ['azure data factory', 'azure data factory v2', 'data lake analytics'],
        ('Analytics', 'Search'): ['azure cognitive search', 'azure ai search'],
        ('Analytics', 'Streaming Analytics'): ['stream analytics'],
        ('Compute', 'Containers'): ['azure kubernetes service', 'container instances', 'container registry',
            'azure container apps', 'azure red hat openshift'],
        ('Compute', 'End User Computing'): ['azure virtual desktop', 'windows 365'],
        ('Compute', 'Serverless Compute'): ['functions'],
        ('Compute', 'Virtual Machines'): ['virtual machines', 'virtual machines licenses', 'virtual machine licenses',
            'virtual machine scale sets', 'dedicated host', 'cloud services', 'azure vmware solution', 'batch'],
        ('Databases', 'Caching'): ['redis cache', 'azure managed redis'],
        ('Databases', 'NoSQL Databases'): ['azure cosmos db'],
        ('Databases', 'Relational Databases'): ['sql database', 'sql managed instance', 'azure database for mysql',
            'azure database for postgresql', 'azure database for mariadb', 'sql server stretch database'],
        ('Databases', 'Data Warehouses'): ['sql data warehouse', 'azure synapse analytics dedicated'],
        ('Developer Tools', 'Developer Platforms'): ['azure devops', 'visual studio subscription', 'github'],
        ('Developer Tools', 'Quality Assurance'): ['azure load testing', 'app center', 'azure app testing'],
        ('Identity', 'Identity and Access Management'): ['azure active directory', 'azure active directory for external identities',
            'azure active directory domain services', 'microsoft entra id', 'microsoft entra external id'],
        ('Integration', 'API Management'): ['api management'],
        ('Integration', 'Messaging'): ['service bus', 'event hubs', 'event grid', 'notification hubs', 'signalr', 'relay'],
        ('Integration', 'Workflow Orchestration'): ['logic apps'],
        ('Internet of Things', 'IoT Platforms'): ['iot hub', 'iot central', 'digital twins'],
        ('Management and Governance', 'Disaster Recovery'): ['azure site recovery'],
        ('Management and Governance', 'Observability'): ['azure monitor', 'log analytics', 'insight and analytics',
            'application insights', 'azure grafana service', 'network watcher'],
        ('Management and Governance', 'Other (Management and Governance)'): ['automation', 'azure arc enabled databases',
            'azure policy', 'azure update manager', 'scheduler'],
        ('Management and Governance', 'Support'): ['support', 'azure support'],
        ('Media', 'Media Streaming'): ['media services'],
        ('Migration', 'Resource Migration'): ['azure migrate', 'azure database migration service'],
        ('Networking', 'Application Networking'): ['load balancer', 'application gateway', 'azure front door service', 'traffic manager'],
        ('Networking', 'Content Delivery'): ['content delivery network'],
        ('Networking', 'Network Connectivity'): ['expressroute', 'vpn gateway', 'virtual wan'],
        ('Networking', 'Network Infrastructure'): ['virtual network', 'bandwidth', 'nat gateway', 'ip addresses', 'azure bastion'],
        ('Networking', 'Network Routing'): ['azure dns', 'azure route server'],
        ('Networking', 'Network Security'): ['azure firewall', 'azure ddos protection', 'azure firewall manager'],
        ('Security', 'Secret Management'): ['key vault', 'azure dedicated hsm'],
        ('Security', 'Threat Detection and Response'): ['sentinel', 'microsoft defender for cloud', 'security center',
            'advanced threat protection', 'azure defender'],
        ('Storage', 'Backup Storage'): ['backup'],
        ('Storage', 'File Storage'): ['azure netapp files', 'azure files'],
        ('Storage', 'Storage Platforms'): ['storage', 'azure data lake storage', 'data lake store', 'azure data box', 'data box'],
        ('Web', 'Application Platforms'): ['azure app service', 'azure spring cloud', 'azure static web apps', 'azure maps'],
    } -%}
    case
        {%- for (category, subcategory), names in services.items() %}
        when lower({{ name }}) in ('{{ names | join("', '") }}') then '{{ category if part == 'category' else subcategory }}'
        {%- endfor %}
        else '{{ 'Other' if part == 'category' else 'Other (Other)' }}'
    end
{%- endmacro %}
