{{ apportion.gcp_credits(source('raw_gcp', 'credits')) }}
