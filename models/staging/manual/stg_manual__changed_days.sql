{# Staging reads an intermediate model here: a day has changed when a charge of it is another than the build before saw. #}
{{ apportion.seed_days(ref('int_manual__seed_log')) }}
