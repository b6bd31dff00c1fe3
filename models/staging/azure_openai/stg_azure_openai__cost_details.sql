{{ apportion.azure_cost_details('raw_azure_openai') }}
