{{ apportion.changed_days('openai') }}
