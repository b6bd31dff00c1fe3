{#
    FOCUS's subcategory of a Google Cloud service, by its description. What nobody here knows is Other, with its name.
    service   SQL of service.description
#}
{% macro gcp_service_subcategory(service) %}
    {% set services = {
        'Virtual Machines': ['compute engine', 'vmware engine', 'bare metal solution', 'cloud tpu'],
        'Containers': ['kubernetes engine', 'artifact registry', 'container registry', 'gke enterprise', 'anthos',
            'container registry vulnerability scanning'],
        'Serverless Compute': ['cloud run', 'cloud run functions', 'cloud functions', 'app engine'],
        'Other (Compute)': ['batch', 'cloud workstations'],
        'Object Storage': ['cloud storage', 'cloud storage for firebase'],
        'File Storage': ['cloud filestore', 'filestore', 'netapp volumes', 'google cloud netapp volumes', 'parallelstore'],
        'Backup Storage': ['backup and dr service', 'backup for gke'],
        'Data Warehouses': ['bigquery', 'bigquery reservation api', 'bigquery storage api', 'bigquery bi engine',
            'bigquery data transfer service', 'biglake'],
        'Relational Databases': ['cloud sql', 'cloud spanner', 'spanner', 'alloydb', 'alloydb for postgresql',
            'database migration service', 'oracle database@google cloud'],
        'NoSQL Databases': ['cloud bigtable', 'bigtable', 'cloud firestore', 'firestore', 'cloud datastore', 'datastore',
            'firebase realtime database'],
        'Caching': ['cloud memorystore', 'memorystore', 'cloud memorystore for redis', 'memorystore for redis',
            'memorystore for redis cluster', 'memorystore for valkey', 'cloud memorystore for memcached'],
        'Machine Learning': ['cloud automl', 'ai platform', 'cloud machine learning engine', 'vertex ai vision'],
        'Generative AI': ['vertex ai', 'gemini api', 'generative language api', 'vertex ai search', 'gemini for google cloud',
            'gemini enterprise', 'claude models on vertex ai'],
        'Natural Language Processing': ['cloud natural language', 'cloud natural language api', 'cloud translation',
            'cloud translation api', 'translate', 'cloud speech api', 'cloud speech-to-text', 'cloud text-to-speech',
            'cloud text-to-speech api', 'cloud document ai api', 'document ai'],
        'Bots': ['cloud dialogflow api', 'dialogflow api', 'conversational agents'],
        'Other (AI and Machine Learning)': ['cloud vision api', 'cloud video intelligence api', 'recommendations ai',
            'discovery engine', 'notebooks'],
        'Streaming Analytics': ['cloud pub/sub', 'cloud pub/sub lite', 'managed service for apache kafka', 'datastream'],
        'Data Processing': ['cloud dataflow', 'cloud dataproc', 'dataproc', 'cloud data fusion', 'cloud dataprep',
            'dataplex', 'cloud composer', 'dataform'],
        'Business Intelligence': ['looker', 'looker studio', 'looker (google cloud core)'],
        'Network Infrastructure': ['networking', 'network', 'vpc', 'virtual private cloud', 'private service connect', 'nat', 'cloud nat'],
        'Network Connectivity': ['cloud vpn', 'cloud interconnect', 'network connectivity center', 'network intelligence center'],
        'Network Routing': ['cloud dns', 'cloud domains', 'route', 'cloud router', 'traffic director'],
        'Network Security': ['cloud armor', 'cloud firewall', 'cloud ids', 'certificate manager'],
        'Content Delivery': ['cdn', 'cloud cdn', 'media cdn'],
        'Application Networking': ['cloud load balancing', 'service networking', 'cloud service mesh'],
        'API Management': ['apigee', 'cloud endpoints', 'api gateway', 'maps api', 'places api', 'routes api'],
        'Workflow Orchestration': ['workflows', 'cloud scheduler', 'cloud tasks', 'eventarc', 'application integration'],
        'Observability': ['cloud logging', 'cloud monitoring', 'stackdriver', 'stackdriver logging', 'stackdriver monitoring',
            'cloud trace', 'error reporting'],
        'Support': ['support', 'google cloud support'],
        'Identity and Access Management': ['identity platform', 'cloud identity', 'managed service for microsoft active directory',
            'firebase auth', 'firebase authentication'],
        'Secret Management': ['secret manager', 'cloud key management service (kms)', 'cloud kms', 'certificate authority service'],
        'Security Posture Management': ['security command center', 'web risk', 'assured workloads'],
        'Threat Detection and Response': ['chronicle', 'google security operations', 'recaptcha enterprise', 'recaptcha'],
        'Continuous Integration and Deployment': ['cloud build', 'cloud deploy'],
        'Source Code Management': ['cloud source repositories', 'secure source manager'],
        'Application Platforms': ['firebase', 'firebase hosting', 'firebase app hosting'],
        'Productivity and Collaboration': ['google workspace', 'g suite'],
    } %}
    case
        {%- for subcategory, names in services.items() %}
        when lower({{ service }}) in ({% for name in names %}{{ apportion.text_literal(name) }}{{ ', ' if not loop.last }}{% endfor %})
            then {{ apportion.text_literal(subcategory) }}
        {%- endfor %}
        else 'Other (Other)'
    end
{% endmacro %}

{# The category to which FOCUS counts a subcategory: those that gcp_service_subcategory() gives. #}
{% macro gcp_service_category(subcategory) %}
    {% set categories = {
        'AI and Machine Learning': ['Machine Learning', 'Generative AI', 'Natural Language Processing', 'Bots',
            'Other (AI and Machine Learning)'],
        'Analytics': ['Streaming Analytics', 'Data Processing', 'Business Intelligence'],
        'Business Applications': ['Productivity and Collaboration'],
        'Compute': ['Virtual Machines', 'Containers', 'Serverless Compute', 'Other (Compute)'],
        'Databases': ['Data Warehouses', 'Relational Databases', 'NoSQL Databases', 'Caching'],
        'Developer Tools': ['Continuous Integration and Deployment', 'Source Code Management'],
        'Identity': ['Identity and Access Management'],
        'Integration': ['API Management', 'Workflow Orchestration'],
        'Management and Governance': ['Observability', 'Support'],
        'Networking': ['Network Infrastructure', 'Network Connectivity', 'Network Routing', 'Network Security',
            'Content Delivery', 'Application Networking'],
        'Security': ['Secret Management', 'Security Posture Management', 'Threat Detection and Response'],
        'Storage': ['Object Storage', 'File Storage', 'Backup Storage'],
        'Web': ['Application Platforms'],
    } %}
    case
        {%- for category, names in categories.items() %}
        when {{ subcategory }} in ('{{ names | join("', '") }}') then '{{ category }}'
        {%- endfor %}
        else 'Other'
    end
{% endmacro %}

{#
    A unit of Google Cloud as FOCUS writes it: "gibibyte month" is GiB-Months, "byte-seconds" Byte-Seconds. One that nobody
    here knows stays.
#}
{% macro gcp_unit(unit) %}
    {% set sizes = {
        'byte': 'Byte', 'kibibyte': 'KiB', 'mebibyte': 'MiB', 'gibibyte': 'GiB', 'tebibyte': 'TiB', 'pebibyte': 'PiB',
        'gigabyte': 'GB', 'terabyte': 'TB',
    } %}
    {% set times = {'second': 'Seconds', 'minute': 'Minutes', 'hour': 'Hours', 'day': 'Days', 'month': 'Months', 'year': 'Years'} %}
    {% set units = {'byte': 'Bytes', 'count': 'Count', 'request': 'Requests', 'query': 'Queries', 'unit': 'Units', 'h': 'Hours', 'mo': 'Months'} %}
    {% for word, size in sizes.items() %}
        {% if word not in units %}{% do units.update({word: size}) %}{% endif %}
        {% for time, ours in times.items() %}
            {% do units.update({time: ours, word ~ ' ' ~ time: size ~ '-' ~ ours}) %}
        {% endfor %}
    {% endfor %}
    case lower(replace({{ unit }}, '-', ' '))
        {%- for theirs, ours in units.items() %}
        when '{{ theirs }}' then '{{ ours }}'
        when '{{ theirs }}s' then '{{ ours }}'
        {%- endfor %}
        else {{ unit }}
    end
{% endmacro %}

{#
    The credits that lower the price of their row: with them the row costs what the invoice says. A promotion is money
    that Google gives, and stays a Credit of its own, as does a kind that nobody here knows.
#}
{% macro gcp_price_credits() %}
    {{ return([
        'COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'DISCOUNT', 'FEE_UTILIZATION_OFFSET',
        'FREE_TIER', 'RESELLER_MARGIN', 'SUBSCRIPTION_BENEFIT', 'SUSTAINED_USAGE_DISCOUNT',
    ]) }}
{% endmacro %}
