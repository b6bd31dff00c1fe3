{{ apportion.seed_days(ref('stg_prepaid__seed_log')) }}
