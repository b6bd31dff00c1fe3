{{ apportion.changed_days('pinecone') }}
