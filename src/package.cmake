# What cmake --install and cpack put where: the program with its manual page and completion, the
# experiments and jobs with their scripts, and the documentation.
include(GNUInstallDirs)

# ---- made by the program itself, from the tables that parse --------------------------------------
set(manual ${CMAKE_BINARY_DIR}/generated/reslice.1)
set(generated ${manual} ${CMAKE_BINARY_DIR}/generated/reslice.bash
              ${CMAKE_BINARY_DIR}/generated/manual.md)
add_custom_command(OUTPUT ${generated} DEPENDS reslice VERBATIM
  COMMAND reslice help man > ${manual}
  COMMAND reslice help bash > ${CMAKE_BINARY_DIR}/generated/reslice.bash
  COMMAND reslice help markdown > ${CMAKE_BINARY_DIR}/generated/manual.md)
find_program(GZIP gzip)
if(GZIP)
  add_custom_command(OUTPUT ${manual}.gz DEPENDS ${manual} VERBATIM
    COMMAND ${GZIP} -9nc ${manual} > ${manual}.gz)
  set(manual ${manual}.gz)
endif()
add_custom_target(manual ALL DEPENDS ${generated} ${manual})

# ---- install --------------------------------------------------------------------------------------
set(scripts PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
            WORLD_EXECUTE)
set(shared ${CMAKE_INSTALL_DATADIR}/reslice)
install(TARGETS reslice RUNTIME)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/generated/reslice.bash RENAME reslice
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES README.md ${CMAKE_BINARY_DIR}/generated/manual.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES src/README.md RENAME formats.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY experiments DESTINATION ${shared}
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.csv" PATTERN "load_crossbars.py" PATTERN "*.md"
        PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY jobs DESTINATION ${shared}
        FILES_MATCHING PATTERN "*.sbatch" PATTERN "*.md" PATTERN "modulefile" PATTERN "package.py"
        PATTERN "__pycache__" EXCLUDE)
install(FILES data/README.md DESTINATION ${shared}/data)
install(FILES experiments/quickstart.sh experiments/compare-torch.sh experiments/analysis.py
        experiments/torch_peer.py experiments/pack_images.py
        DESTINATION ${shared}/experiments ${scripts})
install(FILES experiments/rivals/rivals.sh DESTINATION ${shared}/experiments/rivals ${scripts})
install(FILES data/fetch.sh DESTINATION ${shared}/data ${scripts})
install(FILES jobs/table.sh jobs/local-slurm.sh jobs/setup-debian.sh
        DESTINATION ${shared}/jobs ${scripts})

# ---- packages: cpack, in the build folder -----------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES TRUE)
set(CPACK_PACKAGE_CONTACT "The reslice authors <reslice@localhost>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "dataset-fashion-mnist, gnuplot-nox | gnuplot")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-h5py, python3-xarray, python3-matplotlib, slurm-client")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Trains 8-bit dynamic fixed-point neural networks data-parallel over MPI ranks
under the bit-slice L1 penalty, maps the 2-bit slices of the weights to ReRAM
crossbars, finds the ADC that each slice needs, and writes HDF5 files.")
include(CPack)
