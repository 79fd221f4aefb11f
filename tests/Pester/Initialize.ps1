# Dot-sourced by every acceptance test: the staged module, roots of the test's own, reasons to skip.

$ErrorActionPreference = 'Stop'
$repository = Split-Path (Split-Path $PSScriptRoot)
$moduleFolder = if ($env:CONTAINERS_MODULE) { $env:CONTAINERS_MODULE } else { Join-Path $repository 'out' 'Containers' }
if (-not (Test-Path (Join-Path $moduleFolder 'Containers.psd1'))) {
    throw "There is no module at '$moduleFolder'. Run ./build.sh build."
}

# Gives the test, and what it starts, a data root and a run root of its own. Returns what to hand to Remove-TestRoot.
function New-TestRoot {
    $folder = Join-Path ([System.IO.Path]::GetTempPath()) ('containers-test-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
    $null = New-Item -ItemType Directory -Path $folder
    $root = @{
        Folder = $folder
        Data   = $env:CONTAINERS_DATA_ROOT
        Run    = $env:CONTAINERS_RUN_ROOT
        Config = $env:CONTAINERS_REGISTRIES_CONF
    }
    $env:CONTAINERS_DATA_ROOT = Join-Path $folder 'data'
    $env:CONTAINERS_RUN_ROOT = Join-Path $folder 'run'
    # No test asks a registry of the world for an image.
    $env:CONTAINERS_REGISTRIES_CONF = Join-Path $folder 'registries.conf'
    Set-Content -LiteralPath $env:CONTAINERS_REGISTRIES_CONF -Value '[[registry]]', 'location = "docker.io"', 'blocked = true'
    $root
}

# Fails loudly when something in it cannot be removed: a mount left behind is a fault of the engine, not of the test.
function Remove-TestRoot([hashtable] $Root) {
    $env:CONTAINERS_DATA_ROOT = $Root.Data
    $env:CONTAINERS_RUN_ROOT = $Root.Run
    $env:CONTAINERS_REGISTRIES_CONF = $Root.Config
    Remove-Item -Recurse -Force -LiteralPath $Root.Folder
}

# Runs a script in a fresh PowerShell, as a user's next session would be, and returns its lines.
function Invoke-FreshSession([string] $Script) {
    pwsh -NoProfile -NonInteractive -Command $Script 2>&1 | ForEach-Object ToString
}

# Skips the running test unless the user is root.
function Assert-Root {
    if ((id -u) -ne '0') {
        Set-ItResult -Skipped -Because 'this needs root'
    }
}
