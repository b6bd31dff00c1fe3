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

{#
    Whose bill a call is on where the source tells the model only: by how each provider spells its models. `Unknown` where
    none spells it so.
    model   SQL: the model as the source writes it
#}
{% macro service_provider_of_model(model) %}
    {% set spellings = [
        ['AWS', ['amazon.%', 'anthropic.%', 'meta.%', 'mistral.%', 'cohere.%', '%.amazon.%', '%.anthropic.%', '%.meta.%',
            'arn:aws%']],
        ['OpenRouter', ['%/%']],
        ['OpenAI', ['gpt-%', 'chatgpt-%', 'o1%', 'o3%', 'o4%', 'text-embedding-3-%', 'text-embedding-ada-%', 'omni-moderation-%', 'whisper-%', 'tts-%',
            'dall-e-%', 'computer-use-%']],
        ['Anthropic', ['claude-%']],
        ['Google Cloud', ['gemini-%', 'imagen-%', 'veo-%', 'text-embedding-00%', 'gemini-embedding-%']],
    ] %}
    case
        {%- for provider, patterns in spellings %}
        when {% for pattern in patterns %}lower({{ model }}) like '{{ pattern }}'{{ ' or ' if not loop.last }}{% endfor %} then '{{ provider }}'
        {%- endfor %}
        else 'Unknown'
    end
{% endmacro %}
