{# Pinecone ships FOCUS: one mapping with the files of source focus. #}
with

final as (

    {{ apportion.focus_charges(ref('stg_pinecone__cost_and_usage'), 'pinecone', provider='Pinecone') }}

)

select * from final
