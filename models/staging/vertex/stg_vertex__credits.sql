{{ apportion.gcp_credits(source('raw_vertex', 'credits')) }}
