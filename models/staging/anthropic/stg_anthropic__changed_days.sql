{# Claude Code sees calls that the usage report counts too: as telemetry it is a source of its own. #}
{{ apportion.changed_days('anthropic', usage_tables=['usage', 'analytics_usage']) }}
union all
{{ apportion.changed_days('claude_code', usage_tables=['claude_code'], raw='anthropic', tables=['claude_code']) }}
