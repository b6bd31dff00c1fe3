{#
    Whose bill a call is on, in the words of that provider's charges, from what a gateway or tracer calls the provider
    ("openai", "azure-openai", "Amazon Bedrock", "google-vertex-ai"). What none of the words know stays as it is written.
    name   SQL: the gateway's word
#}
{% macro service_provider(name) %}
    {% set words = {
        'OpenAI': ['openai', 'textcompletionopenai'],
        'Anthropic': ['anthropic', 'claude'],
        'Microsoft': ['azure', 'azureopenai', 'azureai', 'microsoft', 'microsoftfoundry', 'azureaifoundry', 'azureaiopenai',
            'azureaiinference', 'azuretext', 'azaiopenai', 'azaiinference'],
        'AWS': ['aws', 'awsbedrock', 'bedrock', 'amazonbedrock', 'amazon', 'bedrockconverse', 'sagemaker'],
        'Google Cloud': ['google', 'googlevertex', 'googlevertexai', 'vertex', 'vertexai', 'googleaistudio', 'googlecloud',
            'gcpvertexai', 'gcpgemini', 'gcpgenai', 'gemini', 'vertexaibeta'],
        'OpenRouter': ['openrouter'],
        'Cloudflare': ['workersai', 'cloudflare'],
    } %}
    {% set spelled = namespace(bare='lower(' ~ name ~ ')') %}
    {% for sign in [' ', '-', '_', '.', '/'] %}
        {% set spelled.bare = 'replace(' ~ spelled.bare ~ ", '" ~ sign ~ "', '')" %}
    {% endfor %}
    case
        {%- for provider, spellings in words.items() %}
        when {{ spelled.bare }} in ('{{ spellings | join("', '") }}') then '{{ provider }}'
        {%- endfor %}
        else {{ name }}
    end
{% endmacro %}
