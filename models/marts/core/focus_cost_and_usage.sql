{{ config(materialized='view') }}

{{ apportion.focus_view('1.3') }}
