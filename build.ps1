#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, checks or packs the module; without a task, builds and tests.
.DESCRIPTION
    The work is done by build/run.sh, which build.sh calls too.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Lint', 'Package', 'Clean')]
    [string] $Task = 'Test'
)

& bash "$PSScriptRoot/build/run.sh" $Task.ToLowerInvariant()
exit $LASTEXITCODE
