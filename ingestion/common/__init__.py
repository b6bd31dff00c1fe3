"""What two or more sources need: money as text, windows of days, HTTP, pipelines, the gate."""
