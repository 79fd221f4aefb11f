# The engine's load context must stand before PowerShell reads the cmdlets' types: see docs/adr/0003-private-load-context.md.
$null = [System.Reflection.Assembly]::LoadFrom("$PSScriptRoot/Containers.dll")
$null = [Containers.Cmdlets.ModuleLoader]::EngineContext
Import-Module -Name "$PSScriptRoot/Containers.dll"
